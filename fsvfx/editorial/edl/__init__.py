"""CMX 3600 EDLs: events, remarks, timelines, and EDLs out."""
