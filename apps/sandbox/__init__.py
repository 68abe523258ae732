"""Stand-ins for the outer world (LRS, マイナポータル, push service) over real HTTP; never installed in production."""
