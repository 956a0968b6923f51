"""A new environment beside an old one: what was asked for, solved before anything is made, conda's part first, then pip's once.

The old environment is read, and asked what it can import; nothing in it changes.
"""
