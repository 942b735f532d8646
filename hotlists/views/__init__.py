"""The pages of hotlists."""
