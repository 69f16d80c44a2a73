"""The views anew: from WARC files to the ledger, the posts and the access list, in any reading order the same."""
