"""The places runs leave behind: folders under the served root, transcripts, and kernels one can walk into."""
