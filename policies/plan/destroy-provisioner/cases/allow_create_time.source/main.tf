resource "terraform_data" "v" {
  name = "x"

  provisioner "local-exec" {
    command = "echo bye"
  }
}
