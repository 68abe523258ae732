"""How each person proves who they are: school account, card, passkey, second factor; and their sessions."""
