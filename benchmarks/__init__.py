"""Speed, memory and accuracy of the code that users run: `python -m benchmarks NAME --help`."""
