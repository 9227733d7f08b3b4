"""Student growth percentiles: how far a student grew among those who started in the same place.

Arrays in, arrays out. Exact linear quantile regression of this year's score on smooth functions of earlier scores,
and what follows from it: percentiles, cuts, projections, targets, reports of fit. No files, no pipeline.
"""
