// The two directions: acts go up by POST, events come down in one stream.
const EVENTS = ['snapshot', 'message', 'edit', 'delete', 'place', 'bot', 'answer', 'action'];
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 5000;

// Resolves to {result} or {error}; never rejects.
export async function act(name, body) {
  try {
    const answer = await fetch(`/act/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (answer.status === 403) return { error: null };
    return await answer.json();
  } catch {
    return { error: null };
  }
}

export function listen(handlers) {
  let pause = FIRST_PAUSE;
  const open = () => {
    const source = new EventSource('/events');
    source.onopen = () => {
      pause = FIRST_PAUSE;
      handlers.online(true);
    };
    source.onerror = () => {
      handlers.online(false);
      source.close();
      setTimeout(again, pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    };
    for (const name of EVENTS) {
      source.addEventListener(name, (event) => handlers[name](JSON.parse(event.data)));
    }
  };
  // A restarted server has a new key; its page brings the new cookie.
  const again = () => fetch('/').then(open, () => {
    setTimeout(again, pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  });
  open();
}
