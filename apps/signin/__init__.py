"""How each person proves who they are: card, account of the school, password, passkey, second factor; and their sessions."""
