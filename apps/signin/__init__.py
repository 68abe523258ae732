"""How each person proves who they are: card, password, second factor; and their sessions."""
