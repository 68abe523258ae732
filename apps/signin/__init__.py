"""How each person proves who they are: roster, school account, card, invitation, passkey."""
