"""The commands. A module `x_y` is the command `x-y`; its `app` is the Typer application, and the
first line of its docstring is what `hitl --help` says about it. A command with many of its own is a
package, with one file for each group of them.
"""
