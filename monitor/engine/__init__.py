"""What makes things happen: the clock that ticks, and the work that each tick finds in the rows."""
