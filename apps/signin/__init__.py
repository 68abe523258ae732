"""How each person proves who they are: card, school account, learning portal, password, passkey, My Number card, second factor; and their sessions."""
