"""A server's pages for a browser of this machine, with the scripts of this package and no others."""
