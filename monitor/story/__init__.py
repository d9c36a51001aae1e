"""When two texts tell the same news: found by their signatures, judged by their words. Pure."""
