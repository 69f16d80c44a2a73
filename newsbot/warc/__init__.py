"""The archive format: WARC 1.1 files, their index, and what keeps them whole. Usable without the rest of newsbot."""
