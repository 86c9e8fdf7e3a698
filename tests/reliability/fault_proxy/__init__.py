"""
A proxy that does to HTTP what networks, gateways and load balancers do, on purpose.

It is a process of its own between a client and a server, works on sockets and raw HTTP/1.1, and
knows neither of the two: nothing but Python's standard library is loaded in it. Rules say which
request meets which fault; they come as JSON lines over a control socket (`handle.FaultProxy`).
"""
