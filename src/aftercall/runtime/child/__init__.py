"""What runs inside the child process, beside the agent project's own code.

The child runs on the project's interpreter: Python >= 3.10, with nothing installed but what the project
asked for. So everything in this folder, and what it borrows from model/ and sdk/, needs the standard
library only. tests/runtime/test_interpreter.py holds that.
"""
