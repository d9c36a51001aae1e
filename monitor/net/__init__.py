"""Every outside connection of the program: HTTP, mail and files, behind one address guard and one table of limits."""
