"""OpenTimelineIO files, checked before the library parses them."""
