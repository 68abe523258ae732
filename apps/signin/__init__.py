"""How each person proves who they are: card, password, passkey, second factor; and their sessions."""
