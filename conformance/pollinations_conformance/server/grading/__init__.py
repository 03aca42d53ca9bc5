"""Request validation reports: what clients sent, checked against the contract.

`grader` collects, `findings` and `unknown` look at one request, `shown` has what they share, `report`
the forms of the report.
"""
