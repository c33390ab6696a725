"""HTTP Tracking API -> rules -> log. A 200 means: on disk.

app        the ASGI application                        serve      the process: lock, server, housekeeping
routes     which path is answered how                  take       one request with messages, from its bytes to its answer
body       a request's bytes, unpacked, within limits  keys       write key -> source
wire/      bytes -> messages, one broken without its neighbours
rules      what a message must be                      reasons    why one is refused
shortcut   which messages need no rule                 stamps     what the collector adds to a message
times      when it happened                            repeats    what was stored already
intake     all of it in order, to disk                 refusals   what was refused: seen, counted, replayed
"""
