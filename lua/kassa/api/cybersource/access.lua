-- Where Cybersource is: all of the API that making a client asks for. It knows no operation; those
-- stand in the table, which the first call reads.

return {
  name = "cybersource",
  hosts = {
    test = "https://apitest.cybersource.com",
    live = "https://api.cybersource.com",
    live_in = "https://api.in.cybersource.com",
  },
  prefix = { direct = "" },
}
