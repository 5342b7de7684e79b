"""The client's end of the REST wire: a call as steps, and two ways of carrying the steps out."""
