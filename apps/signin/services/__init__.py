"""How people prove who they are: cards, PINs, accounts and sessions."""
