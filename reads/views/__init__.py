"""Pages of reads: searches, the query log, cameras and sources."""
