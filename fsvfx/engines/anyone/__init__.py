"""Networks and losses of the engines that put anyone's face on anyone."""
