"""The main job.

Revision: 20261122_01, after nothing
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.types import document, exact_decimal, row_id, utc_datetime

revision = "20261122_01"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inbox",
        sa.Column("update_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", utc_datetime(), nullable=False),
        sa.Column("done_at", utc_datetime(), nullable=True),
        sa.PrimaryKeyConstraint("update_id", name=op.f("pk_inbox")),
    )
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.create_index(
            "ix_inbox_done_at_chat_id", ["done_at", "chat_id", "update_id"], unique=False
        )

    op.create_table(
        "paper_move",
        sa.Column("id", row_id(), nullable=False),
        sa.Column("base", sa.String(), nullable=False),
        sa.Column("ratio", exact_decimal(), nullable=False),
        sa.Column("at", utc_datetime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_move")),
    )
    op.create_table(
        "seal",
        sa.Column("id", row_id(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal")),
    )
    op.create_table(
        "stranger",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("refused_at", utc_datetime(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_stranger")),
    )
    op.create_table(
        "tenant",
        sa.Column("id", row_id(), nullable=False),
        sa.Column("orders_counted", sa.BigInteger(), nullable=False),
        sa.Column("alerts_counted", sa.BigInteger(), nullable=False),
        sa.Column("created_at", utc_datetime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenant")),
    )
    op.create_table(
        "button",
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("tenant_id", row_id(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("payload", document(), nullable=False),
        sa.Column("expires_at", utc_datetime(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_button_tenant_id")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_button")),
    )
    with op.batch_alter_table("button", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_button_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "chat",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tenant_id", row_id(), nullable=False),
        sa.Column("is_reachable", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_chat_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat")),
    )
    with op.batch_alter_table("chat", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_chat_tenant_id"), ["tenant_id"], unique=False)

    op.create_table(
        "conversation",
        sa.Column("tenant_id", row_id(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("draft", document(), nullable=False),
        sa.Column("expires_at", utc_datetime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_conversation_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "chat_id", "user_id", name=op.f("pk_conversation")),
    )
    op.create_table(
        "exchange_account",
        sa.Column("id", row_id(), nullable=False),
        sa.Column("tenant_id", row_id(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("exchange", sa.String(), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", utc_datetime(), nullable=False),
        sa.CheckConstraint(
            "environment IN ('live', 'sandbox', 'paper')",
            name=op.f("ck_exchange_account_environment"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_exchange_account_tenant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_account")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_exchange_account_tenant_id_id")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_exchange_account_tenant_id_name")),
    )
    with op.batch_alter_table("exchange_account", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_exchange_account_tenant_id"), ["tenant_id"], unique=False
        )

    op.create_table(
        "outbox",
        sa.Column("id", row_id(), nullable=False),
        sa.Column("tenant_id", row_id(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("payload", document(), nullable=False),
        sa.Column("dedupe", sa.String(), nullable=False),
        sa.Column("priority", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("not_before", utc_datetime(), nullable=False),
        sa.Column("created_at", utc_datetime(), nullable=False),
        sa.CheckConstraint("state IN ('ready', 'sent', 'dead')", name=op.f("ck_outbox_state")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_outbox_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("tenant_id", "dedupe", name=op.f("uq_outbox_tenant_id_dedupe")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(
            "ix_outbox_state_chat_id", ["state", "chat_id", "priority", "id"], unique=False
        )

    op.create_table(
        "alert",
        sa.Column("id", row_id(), nullable=False),
        sa.Column("tenant_id", row_id(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("request_key", sa.String(), nullable=True),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("level", exact_decimal(), nullable=True),
        sa.Column("percent", exact_decimal(), nullable=True),
        sa.Column("window_s", sa.BigInteger(), nullable=True),
        sa.Column("created_at", utc_datetime(), nullable=False),
        sa.Column("checked_at", utc_datetime(), nullable=False),
        sa.Column("fired_at", utc_datetime(), nullable=True),
        sa.Column("fired_price", exact_decimal(), nullable=True),
        sa.Column("removed_at", utc_datetime(), nullable=True),
        sa.CheckConstraint("direction IN ('up', 'down')", name=op.f("ck_alert_direction")),
        sa.CheckConstraint(
            "(level IS NULL) <> (percent IS NULL)", name=op.f("ck_alert_one_condition")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["exchange_account.tenant_id", "exchange_account.id"],
            name=op.f("fk_alert_tenant_id_account_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_alert_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_alert_tenant_id_number")),
        sa.UniqueConstraint(
            "tenant_id", "request_key", name=op.f("uq_alert_tenant_id_request_key")
        ),
    )
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.create_index("ix_alert_fired_at_symbol", ["fired_at", "symbol"], unique=False)
        batch_op.create_index(batch_op.f("ix_alert_tenant_id"), ["tenant_id"], unique=False)

    op.create_table(
        "asset",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("tenant_id", row_id(), nullable=False),
        sa.Column("free", exact_decimal(), nullable=False),
        sa.Column("used", exact_decimal(), nullable=False),
        sa.Column("synced_at", utc_datetime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["exchange_account.tenant_id", "exchange_account.id"],
            name=op.f("fk_asset_tenant_id_account_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_asset_tenant_id")),
        sa.PrimaryKeyConstraint("account_id", "currency", name=op.f("pk_asset")),
    )
    with op.batch_alter_table("asset", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_asset_tenant_id"), ["tenant_id"], unique=False)

    op.create_table(
        "member",
        sa.Column("tenant_id", row_id(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("is_red_up", sa.Boolean(), nullable=False),
        sa.Column("is_dark", sa.Boolean(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("role IN ('owner', 'trader', 'viewer')", name=op.f("ck_member_role")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["exchange_account.tenant_id", "exchange_account.id"],
            name=op.f("fk_member_tenant_id_account_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_member_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", name=op.f("pk_member")),
    )
    op.create_table(
        "order",
        sa.Column("id", row_id(), nullable=False),
        sa.Column("tenant_id", row_id(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("request_key", sa.String(), nullable=True),
        sa.Column("client_order_id", sa.String(), nullable=False),
        sa.Column("exchange_order_id", sa.String(), nullable=True),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("amount", exact_decimal(), nullable=False),
        sa.Column("price", exact_decimal(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("quote_price", exact_decimal(), nullable=False),
        sa.Column("worst_cost", exact_decimal(), nullable=False),
        sa.Column("filled", exact_decimal(), nullable=False),
        sa.Column("average", exact_decimal(), nullable=True),
        sa.Column("cost", exact_decimal(), nullable=False),
        sa.Column("fee", exact_decimal(), nullable=False),
        sa.Column("fee_currency", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("created_at", utc_datetime(), nullable=False),
        sa.Column("expires_at", utc_datetime(), nullable=False),
        sa.Column("confirmed_at", utc_datetime(), nullable=True),
        sa.Column("sent_at", utc_datetime(), nullable=True),
        sa.Column("updated_at", utc_datetime(), nullable=False),
        sa.CheckConstraint("side IN ('buy', 'sell')", name=op.f("ck_order_side")),
        sa.CheckConstraint(
            "status IN ('draft', 'declined', 'confirmed', 'sending', 'unknown', 'open', 'closed', 'canceled', 'expired', 'rejected', 'not_placed')",
            name=op.f("ck_order_status"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('sending', 'unknown', 'open', 'closed', 'canceled') OR sent_at IS NOT NULL",
            name=op.f("ck_order_sent"),
        ),
        sa.CheckConstraint("type IN ('market', 'limit')", name=op.f("ck_order_type")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["exchange_account.tenant_id", "exchange_account.id"],
            name=op.f("fk_order_tenant_id_account_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_order_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order")),
        sa.UniqueConstraint(
            "account_id", "client_order_id", name=op.f("uq_order_account_id_client_order_id")
        ),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_order_tenant_id_id")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_order_tenant_id_number")),
        sa.UniqueConstraint(
            "tenant_id", "request_key", name=op.f("uq_order_tenant_id_request_key")
        ),
    )
    with op.batch_alter_table("order", schema=None) as batch_op:
        batch_op.create_index("ix_order_status_expires_at", ["status", "expires_at"], unique=False)

    op.create_table(
        "paper_balance",
        sa.Column("account_id", row_id(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("free", exact_decimal(), nullable=False),
        sa.Column("used", exact_decimal(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["exchange_account.id"], name=op.f("fk_paper_balance_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "currency", name=op.f("pk_paper_balance")),
    )
    op.create_table(
        "paper_order",
        sa.Column("id", row_id(), nullable=False),
        sa.Column("account_id", row_id(), nullable=False),
        sa.Column("client_order_id", sa.String(), nullable=False),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("amount", exact_decimal(), nullable=False),
        sa.Column("price", exact_decimal(), nullable=True),
        sa.Column("filled", exact_decimal(), nullable=False),
        sa.Column("locked", exact_decimal(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("created_at", utc_datetime(), nullable=False),
        sa.Column("matched_at", utc_datetime(), nullable=False),
        sa.CheckConstraint(
            "status IN ('open', 'closed', 'canceled', 'expired')",
            name=op.f("ck_paper_order_status"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["exchange_account.id"], name=op.f("fk_paper_order_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_order")),
        sa.UniqueConstraint(
            "account_id", "client_order_id", name=op.f("uq_paper_order_account_id_client_order_id")
        ),
    )
    with op.batch_alter_table("paper_order", schema=None) as batch_op:
        batch_op.create_index("ix_paper_order_status_symbol", ["status", "symbol"], unique=False)

    op.create_table(
        "fill",
        sa.Column("order_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("trade_id", sa.String(), nullable=False),
        sa.Column("tenant_id", row_id(), nullable=False),
        sa.Column("price", exact_decimal(), nullable=False),
        sa.Column("amount", exact_decimal(), nullable=False),
        sa.Column("fee", exact_decimal(), nullable=False),
        sa.Column("fee_currency", sa.String(), nullable=False),
        sa.Column("is_maker", sa.Boolean(), nullable=False),
        sa.Column("at", utc_datetime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "order_id"],
            ["order.tenant_id", "order.id"],
            name=op.f("fk_fill_tenant_id_order_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_fill_tenant_id")),
        sa.PrimaryKeyConstraint("order_id", "trade_id", name=op.f("pk_fill")),
    )
    with op.batch_alter_table("fill", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_fill_tenant_id"), ["tenant_id"], unique=False)

    op.create_table(
        "paper_trade",
        sa.Column("id", row_id(), nullable=False),
        sa.Column("order_id", row_id(), nullable=False),
        sa.Column("price", exact_decimal(), nullable=False),
        sa.Column("amount", exact_decimal(), nullable=False),
        sa.Column("fee", exact_decimal(), nullable=False),
        sa.Column("fee_currency", sa.String(), nullable=False),
        sa.Column("is_maker", sa.Boolean(), nullable=False),
        sa.Column("at", utc_datetime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["paper_order.id"], name=op.f("fk_paper_trade_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_trade")),
    )
    with op.batch_alter_table("paper_trade", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_paper_trade_order_id"), ["order_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("paper_trade", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_paper_trade_order_id"))

    op.drop_table("paper_trade")
    with op.batch_alter_table("fill", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_fill_tenant_id"))

    op.drop_table("fill")
    with op.batch_alter_table("paper_order", schema=None) as batch_op:
        batch_op.drop_index("ix_paper_order_status_symbol")

    op.drop_table("paper_order")
    op.drop_table("paper_balance")
    with op.batch_alter_table("order", schema=None) as batch_op:
        batch_op.drop_index("ix_order_status_expires_at")

    op.drop_table("order")
    op.drop_table("member")
    with op.batch_alter_table("asset", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_asset_tenant_id"))

    op.drop_table("asset")
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alert_tenant_id"))
        batch_op.drop_index("ix_alert_fired_at_symbol")

    op.drop_table("alert")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_state_chat_id")

    op.drop_table("outbox")
    with op.batch_alter_table("exchange_account", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_account_tenant_id"))

    op.drop_table("exchange_account")
    op.drop_table("conversation")
    with op.batch_alter_table("chat", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_chat_tenant_id"))

    op.drop_table("chat")
    with op.batch_alter_table("button", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_button_expires_at"))

    op.drop_table("button")
    op.drop_table("tenant")
    op.drop_table("stranger")
    op.drop_table("seal")
    op.drop_table("paper_move")
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.drop_index("ix_inbox_done_at_chat_id")

    op.drop_table("inbox")
