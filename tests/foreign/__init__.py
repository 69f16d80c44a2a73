"""Small archives made by other tools from the invented site: fixtures/foreign/<tool>-<form>/.

`python -m tests.foreign --pywb VENV --warcprox VENV` makes them anew with the real tools: wget on the PATH, pywb (with
urllib3 1.26, which its live loader needs) and warcprox in virtual environments of their own, warcio. browsertrix needs
a browser and a container: its files are composed here in the form that browsertrix-crawler 1.x gives them. Nothing goes
further than loopback.
"""
