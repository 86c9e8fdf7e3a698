"""
The native provider: the resources and look-ups for every language that Pulumi has.

It serves Pulumi's resource provider protocol with the stubs that the SDK ships, and not with the
SDK's experimental server: that one cannot return a resource that exists and is not as declared
(`ErrorResourceInitFailed`), cannot carry an unknown value, and appends tracebacks to errors. The
work is done by the providers of the dynamic resources, so that both behave alike.
"""
