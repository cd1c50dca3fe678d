# Web servers, to be included in parentheses: (@include testdata/web.nf)
dst port 80 or
dst port 443
