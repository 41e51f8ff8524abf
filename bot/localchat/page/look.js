// Before the first paint, so that the page never flashes in the other colours.
try {
  const { look } = JSON.parse(localStorage.getItem('localchat') ?? '{}');
  if (look === 'dark' || look === 'light') document.documentElement.dataset.look = look;
} catch {
  localStorage.removeItem('localchat');
}
