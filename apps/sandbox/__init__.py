"""Stand-ins for the outer world (LRS, マイナポータル, push service) over real HTTP, for trying the portal without contracts."""
