"""Engines that move inputs to records; nothing else knows how many workers there are."""
