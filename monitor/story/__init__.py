"""What belongs together: the same news told again (stories), and the same comment by many (themes). Pure."""
