// A person's browser sends the form by itself; a program that only fetches links does not.
document.getElementById("link-form").requestSubmit()
