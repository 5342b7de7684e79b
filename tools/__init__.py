"""This folder is programs for those who work on woodlot; nothing of it is installed."""
