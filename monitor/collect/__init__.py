"""Drives a source's generator and commits what it yields; reads foreign documents in children that can be killed."""
