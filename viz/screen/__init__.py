"""The command screen: a Panel page whose parts are fed from one store in the browser."""
