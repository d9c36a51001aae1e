"""The small invented world of `overheard demo`: what is said of a brand that does not exist, served over HTTP."""
