"""What a network is, and the one door to Keras. `training` enters, and `--engine keras`."""
