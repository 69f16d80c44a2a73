"""What to ask next, when, and of whom: windows and walks of the lists, second looks, requisites, the rest of hosts."""
