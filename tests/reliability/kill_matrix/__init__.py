"""The kill matrix: who is killed, when, during what; and what is left to do afterwards."""
