"""Numbered picture files as a plate."""
