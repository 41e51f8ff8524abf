"""Real exchanges.

Revision: 20261122_02, after 20261122_01
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from migrations.types import document, exact_decimal, row_id, utc_datetime

revision = "20261122_02"
down_revision = "20261122_01"
branch_labels = None
depends_on = None


_ACCOUNT_COLUMNS: tuple[sa.Column[Any], ...] = (
    sa.Column("removed_at", utc_datetime(), nullable=True),
    sa.Column("credentials", sa.LargeBinary(), nullable=True),
    sa.Column("credentials_version", sa.BigInteger(), server_default="0", nullable=False),
    sa.Column("data_key_version", sa.BigInteger(), nullable=True),
    sa.Column("key_hint", sa.String(), nullable=True),
    sa.Column("is_exposed", sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column("permissions", document(), nullable=True),
    sa.Column("key_expires_at", utc_datetime(), nullable=True),
    sa.Column("checked_at", utc_datetime(), nullable=True),
    sa.Column("feed", sa.String(), nullable=True),
)


def upgrade() -> None:
    op.create_table(
        "market",
        sa.Column("exchange", sa.String(), nullable=False),
        sa.Column("environment", sa.String(), nullable=False),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("base", sa.String(), nullable=False),
        sa.Column("quote", sa.String(), nullable=False),
        sa.Column("settle", sa.String(), nullable=True),
        sa.Column("contract_size", exact_decimal(), nullable=False),
        sa.Column("tick", exact_decimal(), nullable=False),
        sa.Column("lot", exact_decimal(), nullable=False),
        sa.Column("min_amount", exact_decimal(), nullable=False),
        sa.Column("max_amount", exact_decimal(), nullable=True),
        sa.Column("min_cost", exact_decimal(), nullable=False),
        sa.Column("maker", exact_decimal(), nullable=False),
        sa.Column("taker", exact_decimal(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("synced_at", utc_datetime(), nullable=False),
        sa.Column("gone_at", utc_datetime(), nullable=True),
        sa.CheckConstraint(
            "type IN ('spot', 'swap', 'future', 'option')", name=op.f("ck_market_type")
        ),
        sa.PrimaryKeyConstraint("exchange", "environment", "symbol", name=op.f("pk_market")),
    )
    op.create_table(
        "deletion",
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tenant_id", row_id(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("not_before", utc_datetime(), nullable=False),
        sa.Column("created_at", utc_datetime(), nullable=False),
        sa.Column("failed_at", utc_datetime(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_deletion_tenant_id")),
        sa.PrimaryKeyConstraint("chat_id", "message_id", name=op.f("pk_deletion")),
    )
    with op.batch_alter_table("deletion", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_deletion_tenant_id"), ["tenant_id"], unique=False)

    op.create_table(
        "tenant_key",
        sa.Column("tenant_id", row_id(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("master_key_id", sa.String(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", utc_datetime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_tenant_key_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "version", name=op.f("pk_tenant_key")),
    )
    with op.batch_alter_table("tenant_key", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_tenant_key_master_key_id"), ["master_key_id"], unique=False
        )

    op.create_table(
        "web_form",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("tenant_id", row_id(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("draft", document(), nullable=False),
        sa.Column("expires_at", utc_datetime(), nullable=False),
        sa.Column("used_at", utc_datetime(), nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_web_form_tenant_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_web_form")),
    )
    with op.batch_alter_table("web_form", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_web_form_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "pair_policy",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tenant_id", row_id(), nullable=False),
        sa.Column("is_listed_only", sa.Boolean(), nullable=False),
        sa.Column("min_quote_volume", exact_decimal(), nullable=True),
        sa.Column("max_spread_percent", exact_decimal(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["exchange_account.tenant_id", "exchange_account.id"],
            name=op.f("fk_pair_policy_tenant_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_pair_policy_tenant_id")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_pair_policy")),
    )
    with op.batch_alter_table("pair_policy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pair_policy_tenant_id"), ["tenant_id"], unique=False)

    op.create_table(
        "position",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("tenant_id", row_id(), nullable=False),
        sa.Column("amount", exact_decimal(), nullable=False),
        sa.Column("entry_price", exact_decimal(), nullable=False),
        sa.Column("mark_price", exact_decimal(), nullable=True),
        sa.Column("unrealized", exact_decimal(), nullable=True),
        sa.Column("liquidation_price", exact_decimal(), nullable=True),
        sa.Column("leverage", exact_decimal(), nullable=True),
        sa.Column("synced_at", utc_datetime(), nullable=False),
        sa.CheckConstraint("side IN ('long', 'short')", name=op.f("ck_position_side")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["exchange_account.tenant_id", "exchange_account.id"],
            name=op.f("fk_position_tenant_id_account_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_position_tenant_id")),
        sa.PrimaryKeyConstraint("account_id", "symbol", "side", name=op.f("pk_position")),
    )
    with op.batch_alter_table("position", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_position_tenant_id"), ["tenant_id"], unique=False)

    op.create_table(
        "trading_pair",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("symbol", sa.String(), nullable=False),
        sa.Column("tenant_id", row_id(), nullable=False),
        sa.Column("is_allowed", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("tick", exact_decimal(), nullable=False),
        sa.Column("lot", exact_decimal(), nullable=False),
        sa.Column("min_amount", exact_decimal(), nullable=False),
        sa.Column("max_amount", exact_decimal(), nullable=True),
        sa.Column("min_cost", exact_decimal(), nullable=False),
        sa.Column("updated_at", utc_datetime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["exchange_account.tenant_id", "exchange_account.id"],
            name=op.f("fk_trading_pair_tenant_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_trading_pair_tenant_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "symbol", name=op.f("pk_trading_pair")),
    )
    with op.batch_alter_table("trading_pair", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_trading_pair_tenant_id"), ["tenant_id"], unique=False)

    with op.batch_alter_table("asset", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("wallet", sa.String(), server_default="spot", nullable=False)
        )
        batch_op.drop_constraint(batch_op.f("pk_asset"), type_="primary")
        batch_op.create_primary_key(batch_op.f("pk_asset"), ["account_id", "wallet", "currency"])

    # Not in a batch: one would make the table anew, which its rows' own references forbid.
    for column in _ACCOUNT_COLUMNS:
        op.add_column("exchange_account", column)
    op.add_column(
        "member", sa.Column("valued_in", sa.String(), server_default="USDT", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("member", "valued_in")

    for column in _ACCOUNT_COLUMNS:
        op.drop_column("exchange_account", column.name)

    op.execute("DELETE FROM asset WHERE wallet <> 'spot'")
    with op.batch_alter_table("asset", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("pk_asset"), type_="primary")
        batch_op.create_primary_key(batch_op.f("pk_asset"), ["account_id", "currency"])
        batch_op.drop_column("wallet")

    op.drop_table("trading_pair")
    op.drop_table("position")
    op.drop_table("pair_policy")
    op.drop_table("web_form")
    op.drop_table("tenant_key")
    op.drop_table("deletion")
    op.drop_table("market")
