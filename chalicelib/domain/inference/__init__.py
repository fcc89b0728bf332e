"""Inference from published estimates: floats in, floats out, and the same bits on every processor.

An operation decides a bit only if IEEE 754 or the decimal specification rounds it correctly: + - * / and sqrt
of floats, fsum, and logarithms and exponentials from `decimal`. The exp, log, erfc, lgamma and pow of C
libraries differ by a unit in the last place, so nothing here calls them; that includes `**` and
statistics.NormalDist.
"""
