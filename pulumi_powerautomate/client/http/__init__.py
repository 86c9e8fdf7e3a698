"""Requests, responses, and what may go wrong between them."""
