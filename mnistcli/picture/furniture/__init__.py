"""What is on a picture and is no writing: rules, boxes, loops, frames, sheets. `picture` alone enters."""
