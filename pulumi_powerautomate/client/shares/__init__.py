"""Shares of flows: `GrantAccess`, `ModifyAccess`, `RevokeAccess` and the table behind them."""
