"""Request validation reports: what clients sent, checked against the contract.

`grader` collects, `findings` looks at one request, `report` has the forms of the report.
"""
